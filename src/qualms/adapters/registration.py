"""The name under which PEFT knows the quantum sublayer.

PEFT accepts only methods whose type is a member of its `PeftType` enumeration, so the member is added here,
once, at import. Its value names this package: whoever loads such an adapter without importing qualms first
meets an error that contains "QUALMS_QSL".
"""

from __future__ import annotations

from peft.utils.peft_types import PeftType

NAME = "qualms_qsl"


def _add_member(name: str) -> PeftType:
    if name in PeftType.__members__:
        return PeftType[name]
    member = str.__new__(PeftType, name)
    member._name_, member._value_ = name, name
    type.__setattr__(PeftType, name, member)  # EnumType.__setattr__ refuses members, type's does not
    PeftType._member_names_.append(name)
    PeftType._member_map_[name] = member
    PeftType._value2member_map_[name] = member
    return member


PEFT_TYPE = _add_member(NAME.upper())
