"""What the operations on tags and policies are refused, of streams and of consumers."""

from kinesis_wire import ACCOUNT
from refusals.calls import call
from refusals.failures import CHANGING
from refusals.readiness import ready
from refusals.registry import Refused, refusal
from refusals.world import World


@refusal("DeleteResourcePolicy", "ResourceNotFoundException", "no policy")
def there_is_no_policy(aws: World, operation: str) -> Refused:
    members = call(aws, operation, aws.stream())
    message = f"No resource policy found for resource ARN {members['ResourceARN']}."
    return Refused(aws.kinesis, members, message)


@refusal("PutResourcePolicy", "InvalidArgumentException", "no policy")
def what_is_no_policy(aws: World, operation: str) -> Refused:
    members = ready(aws, operation) | {"Policy": '{"Statement": []}'}
    message = "The resource policy is malformed: Syntax errors in policy. (Statement)"
    return Refused(aws.kinesis, members, message)


@refusal(CHANGING, "ResourceInUseException", "a consumer in CREATING")
def the_consumer_is_not_active(aws: World, operation: str) -> Refused:
    aws = aws.on("slow")
    name = aws.stream()
    made = aws.kinesis.register_stream_consumer(StreamARN=aws.arn(name), ConsumerName="reader")
    arn = made["Consumer"]["ConsumerARN"]
    message = (
        f"Consumer reader with creation timestamp {arn.rpartition(':')[2]} under stream {name} "
        f"and account {ACCOUNT} is not in ACTIVE status."
    )
    return Refused(aws.kinesis, call(aws, operation, name) | {"ResourceARN": arn}, message)
