"""The CloudFormation stacks of `cfn/`: packed, created, updated and deleted, all repeatable."""
