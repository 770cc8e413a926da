"""DynamoDB, one file a table or two. The tenant is the first part of every key."""
