"""DynamoDB and nothing else: `keys` is the table as a chart, `table` its only client."""
