"""Cards as people read them: what, against whom, why in one sentence, and the article that it rests on."""
