"""What a training job is made of on this machine: its folders, channels, metrics, checkpoints and archives."""
