"""The AI Music API from outside: calls, replies, models and prices, and its calls back."""
