"""Names that entry scripts written for Azure's parallel steps import."""
