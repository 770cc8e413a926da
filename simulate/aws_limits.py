"""What AWS allows and how long it takes, each figure with its source. Read on 21 November 2026, for us-east-1.

Units: seconds, writes a second. What AWS does not promise is an assumption, and says so.
"""

from __future__ import annotations

# DynamoDB. "Best practices for designing partition keys": a partition takes 1,000 write units a second.
PARTITION_WRITES = 1_000
# "On-demand capacity mode": a new table or index takes 4,000 writes a second; "Part 3: Scaling DynamoDB" (AWS Database Blog):
# partitions are split and never merged, so that a table keeps what it once served or was warmed for.
NEW_TABLE_WRITES = 4_000
# "Quotas": a table or index takes 40,000 write units a second unless AWS was asked for more.
TABLE_WRITES = 40_000
# "Read/write capacity mode": a unit is one write of up to 1 KB; a write in a transaction costs two.
WRITE_UNIT_BYTES = 1_024
IN_TRANSACTION = 2
# "Global secondary indexes": a changed key of an index is a delete and a put; a throttled index throttles the table.
KEY_CHANGE_WRITES = 2
# Assumptions: AWS promises single-digit milliseconds for one item, and says of an index that it lags a fraction of a second.
GET, BATCH_GET, QUERY, TRANSACTION, INDEX_LAG = 0.005, 0.020, 0.008, 0.014, 0.5

# SQS to Lambda. "Configuring scaling behavior for SQS event source mappings": five, 300 more a minute, 1,000 at most.
POLLERS_AT_FIRST = 5
POLLERS_PER_SECOND = 300 / 60
POLLERS_AT_MOST = 1_000
# "Amazon SQS at-least-once delivery": how often a message comes twice is not promised; one in twenty is an assumption.
TWICE = 0.05
SEND_BATCH, POLL = 0.020, 0.2

# Lambda. "Understanding Lambda function scaling": 1,000 environments every ten seconds and function.
ENVIRONMENTS_PER_TEN_SECONDS = 1_000
# Assumption: the imports of `dispatch` take a second here, the environment and first connections the rest.
COLD_START = (1.5, 3.0)

# EventBridge Scheduler. "Schedule types": 60 second precision, so a heartbeat may come so late. One second is the usual case.
HEARTBEAT_LATE = 1.0
HEARTBEAT_LATEST = 60.0

# Step Functions. "Service quotas", API action throttling: bucket and refill a second of StartExecution, by type of the machine.
STANDARD_STARTS = (1_300, 300)
EXPRESS_STARTS = (6_000, 6_000)
# "Service quotas", state throttling: transitions of STANDARD executions wait above 5,000 a second.
TRANSITIONS = (5_000, 5_000)
# Assumptions: from the start of a Map Run to its first child; one child's steps.
MAP_RUN_STARTS, CHILD = 1.0, 0.25
PUT_OBJECT, START_EXECUTION = 0.040, 0.030

# Of our own code, measured: processor seconds on one core of two, Python 3.11, answers canned (TLS is the reserve).
CLAIM_CPU = 0.0075
READ_CPU = 0.0008
REF_CPU = 0.00005
LINE_CPU = 0.00004
# Bytes of the items that a claim writes, measured of a daily rule with one dataset and its run.
RULE_BYTES, RUN_BYTES = 1_407, 505
