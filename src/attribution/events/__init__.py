"""What was recorded: tables read, held against rules, described and brought together."""
