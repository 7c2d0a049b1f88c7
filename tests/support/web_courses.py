"""Courses of proposals for tests of pages: one in consultation, and one with everything that may be said of it."""

from dataclasses import replace

from web import ports

_DAY = 86_400_000


def course_view(identity: str, member: str, text: ports.TextView, minutes: int, time: int) -> ports.CourseView:
    """Return the course of a proposal that is in consultation."""
    return ports.CourseView(
        stage="consulting",
        sponsor=member,
        admitted=time,
        notice_until=time,
        deadline=None,
        support=ports.SupportView(4, 3, 3, 2),
        link=None,
        reasons=None,
        steps=(ports.StepView(time, "submit", member, identity, "consulting", None),),
        versions=(ports.VersionView(identity, time, text, minutes),),
        amendments=(),
        objections=(),
        calls=(),
        merges=(),
        consolidations=(),
        may=("endorse", "unendorse", "position", "amend", "call", "adjourn"),
    )


def busy_course(view: ports.ProposalView, others: list[ports.ProposalView], now: int) -> ports.CourseView:
    """Return the course of a proposal about which members have said everything that there is to say."""
    course, text = view.course, view.text
    asker, friend, office = (other.summary.member for other in others[:3])
    changed = replace(
        text, title=f"{text.title}, with laboratories", body=text.body.replace("the", "each", 2), hash="d1" * 32
    )
    reasons = ports.TextView("held", "fr", body="Le texte oublie les laboratoires de district.")
    amendment = ports.AmendmentView(
        id="a1" * 32, member=asker, time=now - _DAY, text=changed, base=text, reasons=reasons,
        backers=(asker, friend), outcome="declined", declined=ports.TextView("held", "en", body="Costs are unknown."),
        applies=True, is_ready=True,
    )  # fmt: skip
    objection = ports.ObjectionView(
        id="b1" * 32, member=friend, time=now - 2 * _DAY, reasons=ports.TextView("held", "ar", body="المدة قصيرة."),
        answer="accommodated", reply=ports.TextView("held", "en", body="It is now two years."), is_standing=True,
    )  # fmt: skip
    open_one = replace(objection, id="b2" * 32, member=asker, answer=None, reply=None)
    steps = (
        *course.steps,
        ports.StepView(now - 9 * _DAY, "admissible", office, "c1" * 32, "endorsing", None),
        ports.StepView(now - 8 * _DAY, "endorse", friend, "c2" * 32, "endorsing", None),
        ports.StepView(now - 8 * _DAY, "admit", None, "", "consulting", None),
        ports.StepView(now - 3 * _DAY, "open vote", None, "c3" * 32, "consulting", "notice-over"),
    )
    linked = [ports.OtherView(o.summary.id, o.text, o.summary.member, o.course.stage, "") for o in others[:3]]
    return replace(
        course,
        notice_until=now + 9 * _DAY,
        steps=steps,
        versions=(replace(course.versions[0], text=changed), *course.versions),
        amendments=(amendment,),
        objections=(objection, open_one),
        calls=(ports.CallView(1, now - _DAY, now + 6 * _DAY, ports.TextView("held", "en", body="Which ones?")),),
        merges=(replace(linked[0], stage="merged"), linked[1]),
        consolidations=(linked[2],),
        may=(
            "endorse", "unendorse", "position", "revise", "amend", "accept-amendment", "decline-amendment",
            "back-amendment", "unback-amendment", "answer-objection", "join", "stay-out", "duplicate", "supersede",
            "withdraw", "call", "adjourn", "refer",
        ),
    )  # fmt: skip
