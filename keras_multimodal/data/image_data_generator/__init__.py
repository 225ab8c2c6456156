"""ImageDataGenerator's terms, on tf.data."""
