"""What the results are under other assumptions."""
