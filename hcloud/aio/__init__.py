"""Client for asyncio: every method that sends requests is a coroutine method."""
