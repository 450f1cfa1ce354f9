"""Rules by example: articles compared by sentence embeddings."""
