from protocol.steps import Result, Step, failed

FORM = Step("form", Result.OK, "well")
RECORD = Step("record", Result.FAILED, "not well")


def test_the_step_that_failed_is_told_and_what_was_not_needed_is_no_failure() -> None:
    assert failed([FORM, RECORD, Step("document", Result.NOT_NEEDED, "none")]) is RECORD
    assert failed([FORM, Step("document", Result.NOT_NEEDED, "none")]) is None
