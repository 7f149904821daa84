"""The log: JSON lines on standard output, one for each request and job."""

from aws_lambda_powertools import Logger

# Where in the code a line was written is the same for all of them, so it is left out.
logger = Logger(service="seealso", location=None, utc=True, use_rfc3339=True)
