"""By their endings, which files hold what."""

ENDINGS = {
    "image": (".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".png", ".webp"),
    "audio": (".aif", ".aiff", ".flac", ".mp3", ".oga", ".ogg", ".opus", ".wav"),
    "sensor": (".csv", ".csv.gz", ".parquet", ".tsv", ".tsv.gz"),
}
# What is known by its name, but read where its bytes are of another format alone.
UNREAD_ENDINGS = {
    "image": (".avif", ".heic", ".heif", ".jp2", ".svg", ".tif", ".tiff"),
    "audio": (".aac", ".amr", ".m4a", ".wma"),
}
