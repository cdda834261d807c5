"""Models that run on another machine and are asked over HTTP, in the manner of OpenAI."""
