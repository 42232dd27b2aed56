"""Requests that schemathesis makes from the OpenAPI document: no answer to any is an error of ours."""

import itertools
import tempfile
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from qualms.records import RunStore
from tests.records import sample
from tests.service.api.serving import client_of, done

CHECKS = (
    not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance,
)  # fmt: skip
LARGE = list(HealthCheck)
CASES = 2000


class Counted:
    """The application, with the status of each of its answers counted."""

    def __init__(self, app):
        self.app, self.seen = app, Counter()

    async def __call__(self, scope, receive, send):
        async def sent(message):
            if message["type"] == "http.response.start":
                self.seen[message["status"]] += 1
            await send(message)

        await self.app(scope, receive, sent)


def served(config):
    """The schema of a service with some records, whose jobs end at once, so that no stream is without end."""
    folder = tempfile.TemporaryDirectory()
    with RunStore(folder.name) as store:
        for record in (sample.make_record(), sample.make_solving(), sample.make_asking()):
            store.add(record)
    client = client_of(Path(folder.name), names=("testserver",), limits__queue=10_000)
    app = Counted(client.app)
    ending = threading.Event()

    def work():
        while not ending.wait(0.01):
            while client.service.queue.counts()["waiting"]:
                done(client.service, {"status": "optimal"})

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", app, config=config)

    def end():
        ending.set()
        thread.join()
        client.service.queue.close()
        folder.cleanup()

    return schema, app, end


@pytest.mark.slow  # a quarter of a minute
def test_a_few_requests_of_every_kind():
    """Some that fit the document, and some that do not."""
    schema, app, end = served(SchemathesisConfig())
    few = settings(
        max_examples=2, deadline=None, database=None, suppress_health_check=LARGE, phases=[Phase.generate]
    )
    try:
        for operation, mode in itertools.product(schema.get_all_operations(), GenerationMode):

            @few
            @given(operation.ok().as_strategy(generation_mode=mode))
            def run(case):
                case.call_and_validate(checks=CHECKS, timeout=600)

            with suppress(Unsatisfiable):  # an operation without parameters has none that are wrong
                run()
        assert app.seen.total() > 40
    finally:
        end()


@pytest.mark.slow
def test_thousands_of_requests_that_follow_each_other():
    """Stateful: jobs that were submitted are looked at, followed and cancelled."""
    schema, app, end = served(SchemathesisConfig())
    try:
        machine = schema.as_state_machine()
        machine.get_call_kwargs = lambda self, case: {"timeout": 600}  # a busy machine is no fault
        machine.validate_response = lambda self, response, case, **_: case.validate_response(
            response, checks=CHECKS
        )
        for seed in itertools.count():
            machine.run(
                settings=settings(
                    max_examples=100, stateful_step_count=10, deadline=None, database=None,
                    suppress_health_check=LARGE, derandomize=False,
                )
            )  # fmt: skip
            if app.seen.total() >= CASES or seed == 20:
                break
        assert app.seen.total() >= CASES
        assert app.seen[202] > 20  # it found out what a request is
        assert not [status for status in app.seen if status >= 500 and status != 503]
        assert not app.seen[503]
    finally:
        end()
