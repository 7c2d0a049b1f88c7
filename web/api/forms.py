"""The pages' forms over what a system sends, so that both check alike."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import ValidationError

from web.api.problems import Place, Problem
from web.forms import Form, faults_of

T = TypeVar("T", bound=Form)


def checked(model: type[T], fields: Mapping[str, object]) -> T:
    """Return what was sent as the page's form. Raises Problem with the form's words at each place."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        faults = faults_of(model, error)
        places = [Place(where="body", at=f"/{name}", detail=words) for name, words in faults.items()]
        raise Problem("not-fitting", places=places) from error
