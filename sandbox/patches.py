"""What the embedded AWS (ministack 1.5.33) lacks, and AWS has. Each patch names its target and fails loudly without it.

Runs on the engine's own interpreter, before the engine starts.
"""

from __future__ import annotations

import functools
import json
import threading
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import Any
from urllib.parse import parse_qs

import yaml
from ministack import app
from ministack.core import iam_actions, lambda_runtime
from ministack.services import apigateway_v1, eventbridge, iam, lambda_svc, scheduler, stepfunctions
from ministack.services.cloudformation import provisioners

from sandbox.fits import TargetMissing, replaced, takes
from sandbox.function_runtime import code_is_unpacked_once, functions_run_apart

Json = dict[str, Any]


def exceptions_keep_their_class() -> None:
    """`errorType` is the exception's class name, as on AWS: Retry and Catch go by that name.

    The engine says `Runtime.HandlerError` for every exception and ends the worker. On AWS the worker lives on, and one
    that died (killed, out of memory, `os._exit`) is `Runtime.ExitError`. A failed import says what and where.
    """
    where = "lambda_runtime._PYTHON_WORKER_SCRIPT"
    script = replaced(
        lambda_runtime._PYTHON_WORKER_SCRIPT,
        """json.dumps({"status": "error", "error": str(e), "trace": traceback.format_exc()})""",
        """json.dumps({"status": "ok", "raised": {"errorMessage": str(e), "errorType": type(e).__name__,"""
        """ "requestId": _ms_ctx.get("request_id", ""), "stackTrace": traceback.format_tb(e.__traceback__)},"""
        """ "trace": traceback.format_exc()})""",
        where,
    )
    lambda_runtime._PYTHON_WORKER_SCRIPT = replaced(
        script,
        """json.dumps({"status": "error", "error": str(e)})""",
        """json.dumps({"status": "error", "error": traceback.format_exc()})""",
        where,
    )
    takes(lambda_runtime.Worker.invoke, "self", "event", "request_id")
    takes(lambda_svc._execute_function_warm, "func", "event", "request_id")
    invoke, execute, latest = lambda_runtime.Worker.invoke, lambda_svc._execute_function_warm, threading.local()

    @functools.wraps(invoke)
    def noted_invoke(self: Any, event: Any, request_id: str, **rest: Any) -> Json:
        result: Json = invoke(self, event, request_id, **rest)
        raised = result.get("raised")
        latest.failure = raised
        if raised:
            return {**result, "status": "error", "error": raised["errorMessage"]}
        if result.get("status") == "error" and not str(result.get("error", "")).startswith("Task timed out"):
            message = f"RequestId: {request_id} Error: Runtime exited without providing a reason: {result.get('error')}"
            latest.failure = {"errorMessage": message, "errorType": "Runtime.ExitError"}
        return result

    @functools.wraps(execute)
    def named_execute(func: Json, event: Any, request_id: str) -> Json:
        latest.failure = None
        result: Json = execute(func, event, request_id)
        if result.get("error") and latest.failure:
            result["body"] = latest.failure
        return result

    lambda_runtime.Worker.invoke = noted_invoke
    lambda_svc._execute_function_warm = named_execute


def schedules_tell_their_time() -> None:
    """Fill the context attributes (`<aws.scheduler.scheduled-time>`) in an Input; look every second, not ten."""
    takes(eventbridge._invoke_target, "target", "event", "rule")
    if scheduler._SCHEDULE_TICK_INTERVAL != 10:
        raise TargetMissing("scheduler._SCHEDULE_TICK_INTERVAL is not 10. Pin ministack==1.5.33.")
    scheduler._SCHEDULE_TICK_INTERVAL = 1
    invoke = eventbridge._invoke_target

    @functools.wraps(invoke)
    def filled_invoke(target: Json, event: Json, rule: Json, *rest: Any, **named: Any) -> Any:
        if event.get("Source") == "aws.scheduler" and target.get("Input"):
            # The engine fires a little late; a schedule's steps are whole minutes.
            due = datetime.fromtimestamp(event["Time"] // 60 * 60, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            filled = target["Input"]
            for name, value in (
                ("schedule-arn", rule.get("Arn", "")),
                ("scheduled-time", due),
                ("execution-id", event["EventId"]),
                ("attempt-number", "1"),
            ):
                filled = filled.replace(f"<aws.scheduler.{name}>", value)
            target = {**target, "Input": filled}
        return invoke(target, event, rule, *rest, **named)

    eventbridge._invoke_target = filled_invoke


def loopback_counts_as_tls() -> None:
    """A bucket policy that refuses plain HTTP stays in the template: `aws:SecureTransport` is true on this machine."""
    takes(app.pin_request_origin, "source_ip", "secure_transport")
    pin = app.pin_request_origin
    app.pin_request_origin = lambda source_ip, _secure: pin(source_ip, True)


def any_method_is_imported() -> None:
    """Routes of `Method: ANY` exist, binary media types lose their `~1`: SAM writes them, the engine reads neither."""
    marker = "x-amazon-apigateway-any-method"
    takes(apigateway_v1._import_operation, "api_id", "resource_id", "http_method")
    takes(apigateway_v1._import_rest_api, "spec", "base_data")
    if marker in apigateway_v1._OPENAPI_HTTP_METHODS:
        raise TargetMissing("the engine imports ANY by itself now: drop this patch.")
    apigateway_v1._OPENAPI_HTTP_METHODS.add(marker)
    import_operation, import_api = apigateway_v1._import_operation, apigateway_v1._import_rest_api

    def imported(api_id: str, resource_id: str, method: str, *rest: Any) -> Any:
        return import_operation(api_id, resource_id, "ANY" if method.lower() == marker else method, *rest)

    def imported_api(spec: Json, base_data: Json | None = None) -> Any:
        base = dict(base_data or {})
        base["binaryMediaTypes"] = [kind.replace("~1", "/") for kind in base.get("binaryMediaTypes") or []]
        return import_api(spec, base)

    apigateway_v1._import_operation = imported
    apigateway_v1._import_rest_api = imported_api


def mail_is_allowed_by_sender() -> None:
    """`ses:SendEmail` is checked against the sender's identity, which a policy can name; the engine checks `*`."""
    takes(iam_actions._ses_v2_resource_arn, "method", "path", "body", "region", "account_id")
    resource = iam_actions._ses_v2_resource_arn

    def sender_resource(method: str, path: str, body: bytes, region: str, account_id: str) -> str:
        if path.rstrip("/") == "/v2/email/outbound-emails":
            sender = str(json.loads(body).get("FromEmailAddress", ""))
        else:
            sender = parse_qs(body.decode("utf-8", "replace")).get("Source", [""])[0] if method == "POST" else ""
        if not sender:
            return str(resource(method, path, body, region, account_id))
        return f"arn:aws:ses:{region}:{account_id}:identity/{parseaddr(sender)[1]}"

    iam_actions._ses_v2_resource_arn = sender_resource


def batches_need_the_single_permission() -> None:
    """`SendMessageBatch` is allowed by `sqs:SendMessage`, as on AWS, which knows no permission of the batch's name."""
    takes(iam_actions._action_from_target, "headers")
    named = iam_actions._action_from_target

    def single(headers: Json) -> str | None:
        action: str | None = named(headers)
        of_a_queue = str(headers.get("x-amz-target", "")).startswith("AmazonSQS.")
        return action.removesuffix("Batch") if action and of_a_queue else action

    iam_actions._action_from_target = single


def taken_names_are_named_as_on_aws() -> None:
    """A state machine that starts an execution whose name is taken catches it by the error name that AWS gives."""
    takes(stepfunctions._invoke_nested_start_execution, "resource", "input_data")
    stepfunctions._AWS_SDK_ERROR_CODE_OVERRIDES["sfn"] = {"ExecutionAlreadyExists": "ExecutionAlreadyExistsException"}
    start = stepfunctions._invoke_nested_start_execution

    def started(resource: str, input_data: Json) -> Any:
        try:
            return start(resource, input_data)
        except stepfunctions._ExecutionError as error:
            if error.error != "ExecutionAlreadyExists":
                raise
            raise stepfunctions._ExecutionError("StepFunctions.ExecutionAlreadyExistsException", error.cause) from error

    stepfunctions._invoke_nested_start_execution = started


def definitions_may_be_yaml() -> None:
    """A state machine's file may be YAML, as on AWS; one that is neither YAML nor JSON fails the deployment."""
    takes(provisioners._sfn_definition, "props")
    resolve = provisioners._sfn_definition

    def resolved(props: Json) -> str:
        definition = yaml.safe_load(resolve(props))  # JSON is YAML
        if not isinstance(definition, dict) or not {"StartAt", "States"} <= definition.keys():
            raise ValueError("A state machine's definition has no StartAt and States, or is neither YAML nor JSON.")
        return json.dumps(definition)

    provisioners._sfn_definition = resolved


def users_are_known_by_path_and_boundary() -> None:
    """IAM asks a policy about `user/<path>/<name>` and about the user's boundary; the engine knows the name alone."""
    takes(iam_actions.extract_resource_arn, "service", "method", "path", "headers", "body", "query_params")
    takes(iam_actions.request_tag_context, "service", "iam_action", "body", "params")
    resource, context, given = (
        iam_actions.extract_resource_arn, iam_actions.request_tag_context, iam_actions._query_param,
    )  # fmt: skip

    def user_of(params: Json) -> Json:
        name = given(params, "UserName") or iam._access_keys.get(given(params, "AccessKeyId"), {}).get("UserName", "")
        return dict(iam._users.get(name) or {})

    def user_resource(service: str, method: str, path: str, headers: Any, body: Any, params: Json, *rest: Any) -> str:
        found = str(resource(service, method, path, headers, body, params, *rest))
        if service != "iam" or given(params, "RoleName"):
            return found
        if user := user_of(params):
            return str(user["Arn"])
        return found.replace(":user/", f":user{given(params, 'Path') or '/'}")

    def with_boundary(service: str, iam_action: str, body: Any, params: Json) -> Json:
        found: Json = context(service, iam_action, body, params)
        boundary = given(params, "PermissionsBoundary") or user_of(params).get("PermissionsBoundary")
        return {**found, "iam:PermissionsBoundary": boundary} if service == "iam" and boundary else found

    iam_actions.extract_resource_arn = user_resource
    iam_actions.request_tag_context = with_boundary


ALL = (
    exceptions_keep_their_class,
    functions_run_apart,
    schedules_tell_their_time,
    code_is_unpacked_once,
    loopback_counts_as_tls,
    any_method_is_imported,
    mail_is_allowed_by_sender,
    batches_need_the_single_permission,
    taken_names_are_named_as_on_aws,
    definitions_may_be_yaml,
    users_are_known_by_path_and_boundary,
)


def apply() -> None:
    for patch in ALL:
        patch()
