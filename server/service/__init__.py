"""The AI Music API from outside: calls, replies, models, prices and callbacks."""
