"""Files scored in a stream: flat memory, order kept, an output that is whole or not there."""
