"""By their endings, which files hold what."""

ENDINGS = {
    "image": (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".webp"),
    "audio": (".flac", ".mp3", ".ogg", ".wav"),
    "sensor": (".csv", ".parquet", ".tsv"),
}
