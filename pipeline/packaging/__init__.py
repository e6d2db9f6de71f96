"""What travels: model archives for SageMaker's containers, and the Spark side as one py-files zip."""
