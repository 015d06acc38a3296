"""The gateway's `Authorizer`: every check of a call must be allowed, or AWS's sentence refuses it.

A call of a root user in its own account is let through without a look. Else the checks are those of
`shardline.iam.actions`, with what the service knows of the call's subject.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

from shardline.clock import Clock
from shardline.gateway.authorization import Resources, Subject
from shardline.gateway.errors import AccessDenied, ServiceError
from shardline.gateway.types import Call, Caller, DeniedKey, Verdict
from shardline.iam.actions import checks_of
from shardline.iam.actions.calls import ApiCall, Check
from shardline.iam.enforcement.decisions import Decisions, verdict
from shardline.iam.enforcement.own_resources import OwnResources
from shardline.iam.enforcement.session_limits import check_session
from shardline.iam.identities.actors import Actor
from shardline.iam.policy.denials import sentence
from shardline.iam.policy.principals import Type


class Enforcer:
    """Decides over calls. `resources` are the services' by name.

    With `explains`, for the audit log, every call has its verdicts noted; those of root too, which
    are allowed all the same.
    """

    def __init__(
        self,
        own: OwnResources,
        resources: Mapping[str, Resources],
        clock: Clock,
        *,
        explains: bool = False,
    ) -> None:
        self._own = own
        self._resources: Mapping[str, Resources] = {"iam": own, **resources}
        self._decisions = Decisions(own, self._resources, clock)
        self._explains = explains

    def authorize(self, call: Call) -> Caller:
        """See `Authorizer.authorize`."""
        caller, operation, api = call.caller, call.operation, call.api
        assert caller is not None
        assert operation is not None
        assert api is not None
        actor = caller.actor
        assert isinstance(actor, Actor)
        service, name, params = api.model.name, operation.name, call.decoded
        if actor.session is not None:
            check_session(actor, service, name)
        resources = self._resources.get(service)
        may_cross = resources is not None and resources.names_owner(params)
        if caller.is_root and not may_cross and not self._explains:
            return caller
        subject = Subject(caller.account)
        if resources is not None:
            subject = resources.subject(caller, name, params)
        checks = self._checks(service, name, params, caller, subject)
        if caller.is_root and subject.account == caller.account:
            call.verdicts += [Verdict(each.action, each.resource, True, "root") for each in checks]
            return caller
        for check in checks:
            self._require(call, actor, check, subject.account)
        denied_keys = self._denied_keys(call, actor, subject)
        if subject.account == caller.account and not denied_keys:
            return caller
        return replace(caller, account=subject.account, denied_keys=denied_keys)

    def _require(self, call: Call, actor: Actor, check: Check, owner: str) -> None:
        request, result = self._decisions.decide(call, actor, check, owner)
        if self._explains:
            call.verdicts.append(verdict(check, result))
        if not result.is_allowed:
            raise AccessDenied(sentence(request, result))

    def _denied_keys(self, call: Call, actor: Actor, subject: Subject) -> tuple[DeniedKey, ...]:
        """The KMS keys that the call may meet and not use.

        Raises KMSAccessDeniedException, Kinesis's code when KMS says no.
        """
        denied = []
        for action, key, is_sure, keys in subject.key_uses:
            check = Check(action, key, keys)
            request, result = self._decisions.decide(call, actor, check, subject.account)
            if self._explains and (result.is_allowed or is_sure):
                call.verdicts.append(verdict(check, result))
            if result.is_allowed:
                continue
            text = sentence(request, result)
            if is_sure:
                raise ServiceError("KMSAccessDeniedException", text)
            denied.append(DeniedKey(key, text))
        return tuple(denied)

    def _checks(
        self, service: str, operation: str, params: Any, caller: Caller, subject: Subject
    ) -> tuple[Check, ...]:
        if not isinstance(params, Mapping):  # a hot operation's struct: all is in the subject
            arn = subject.stream_arn
            return _hot_checks(service, operation, subject.account, caller.region, arn)
        looked_up: dict[str, Any] = {}
        if service == "iam":
            looked_up["user"] = self._user_meant(caller, operation, params)
            looked_up["path_of"] = partial(self._own.path_of, caller.account)
        return checks_of(
            ApiCall(
                service,
                operation,
                params,
                subject.account,
                caller.region,
                subject.stream_arn,
                subject.consumer_arn,
                **looked_up,
            )
        )

    def _user_meant(self, caller: Caller, operation: str, params: Mapping[str, Any]) -> str | None:
        """The user whom a call of IAM is about that names none."""
        if operation == "GetAccessKeyLastUsed":
            return self._own.key_owner(str(params.get("AccessKeyId")))
        assert isinstance(caller.actor, Actor)
        who = caller.actor.principal
        return who.name if who.type is Type.USER else None


@lru_cache(maxsize=4096)
def _hot_checks(
    service: str, operation: str, account: str, region: str, stream_arn: str | None
) -> tuple[Check, ...]:
    return checks_of(ApiCall(service, operation, {}, account, region, stream_arn))
