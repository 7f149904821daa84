"""Downloads DynamoDB Local for the tests that need it."""

import sys

from local import dynamodb_local, optional

if __name__ == "__main__":
    sys.exit(optional.make_ready("the tests on DynamoDB Local", dynamodb_local.fetch))
