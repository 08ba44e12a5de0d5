"""What every process of the house does first: the database, the keys, the file store and the queues of its settings."""

from tenants import vault
from tenants.runtime import db, files, queues, settings
from tenants.runtime.settings import Settings


def begin(chosen: Settings) -> None:
    """Give this process its surroundings. Nothing is connected yet; a server that is away shows at the first use."""
    settings.use(chosen)
    db.configure(chosen.database_url, pool_size=chosen.web_threads)
    vault.unlock(chosen.master_key)
    files.configure(chosen.files_dir)
    queues.connect(chosen.redis_url)
