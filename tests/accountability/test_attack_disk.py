"""An attack on the disk by another account of the machine: nothing in the folder is for others."""

from beholden.bootstrap.deployment import open_deployment
from beholden.config import Settings


def test_the_folder_is_for_who_runs_the_server_alone(tmp_path, models):
    """The log names who searched, alerts say whom to suspect; files in it may be open to others."""
    folder = tmp_path / "open"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    open_deployment(Settings(data_dir=folder), models=models).close()
    assert folder.stat().st_mode & 0o077 == 0
    private = [folder / name for name in ("alerts", "buckets", "datakeys")]
    assert [one.stat().st_mode & 0o077 for one in private] == [0, 0, 0]
