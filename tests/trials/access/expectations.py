"""Who may do what: the table that every cell of the trial is compared with. It is written down by hand, from the
protocol's comments, and knows nothing of how the server decides.

Columns are how the owner has shared the thing: PRIVATE, SHARED with `friend` and `reading_friend` by name, or with
EVERYONE. An upload cannot be shared and the server has no owner: they have one column. In lists a thing is SHOWN or
HIDDEN.
"""

# Name: (user, role). A demoted owner made what they own before they became a reader.
PEOPLE = {
    "owner": ("bob", "user"),
    "demoted_owner": ("olga", "reader"),
    "friend": ("sam", "user"),
    "reading_friend": ("rita", "reader"),
    "stranger": ("dan", "user"),
    "reading_stranger": ("eve", "reader"),
    "admin": ("ada", "admin"),
    "nobody": (None, None),
}
SHARINGS = ("PRIVATE", "SHARED", "EVERYONE")


def _table(text):
    """{(person, sharing): outcome}."""
    lines = [line.split() for line in text.strip().splitlines()]
    cells = {}
    for person, *outcomes in lines[1:]:
        cells.update(zip(((person, sharing) for sharing in lines[0]), outcomes, strict=True))
    assert {person for person, _ in cells} == set(PEOPLE), text
    return cells


READ = _table("""
                  PRIVATE            SHARED             EVERYONE
owner             OK                 OK                 OK
demoted_owner     OK                 OK                 OK
friend            NOT_FOUND          OK                 OK
reading_friend    NOT_FOUND          OK                 OK
stranger          NOT_FOUND          NOT_FOUND          OK
reading_stranger  NOT_FOUND          NOT_FOUND          OK
admin             OK                 OK                 OK
nobody            UNAUTHENTICATED    UNAUTHENTICATED    UNAUTHENTICATED
""")

CHANGE = _table("""
                  PRIVATE            SHARED             EVERYONE
owner             OK                 OK                 OK
demoted_owner     PERMISSION_DENIED  PERMISSION_DENIED  PERMISSION_DENIED
friend            NOT_FOUND          PERMISSION_DENIED  PERMISSION_DENIED
reading_friend    NOT_FOUND          PERMISSION_DENIED  PERMISSION_DENIED
stranger          NOT_FOUND          NOT_FOUND          PERMISSION_DENIED
reading_stranger  NOT_FOUND          NOT_FOUND          PERMISSION_DENIED
admin             OK                 OK                 OK
nobody            UNAUTHENTICATED    UNAUTHENTICATED    UNAUTHENTICATED
""")

# Something of one's own is made of it: who may read it may do that, unless they make nothing at all.
MAKE_FROM = _table("""
                  PRIVATE            SHARED             EVERYONE
owner             OK                 OK                 OK
demoted_owner     PERMISSION_DENIED  PERMISSION_DENIED  PERMISSION_DENIED
friend            NOT_FOUND          OK                 OK
reading_friend    PERMISSION_DENIED  PERMISSION_DENIED  PERMISSION_DENIED
stranger          NOT_FOUND          NOT_FOUND          OK
reading_stranger  PERMISSION_DENIED  PERMISSION_DENIED  PERMISSION_DENIED
admin             OK                 OK                 OK
nobody            UNAUTHENTICATED    UNAUTHENTICATED    UNAUTHENTICATED
""")

LIST = _table("""
                  PRIVATE            SHARED             EVERYONE
owner             SHOWN              SHOWN              SHOWN
demoted_owner     SHOWN              SHOWN              SHOWN
friend            HIDDEN             SHOWN              SHOWN
reading_friend    HIDDEN             SHOWN              SHOWN
stranger          HIDDEN             HIDDEN             SHOWN
reading_stranger  HIDDEN             HIDDEN             SHOWN
admin             SHOWN              SHOWN              SHOWN
nobody            UNAUTHENTICATED    UNAUTHENTICATED    UNAUTHENTICATED
""")


def _server(users, readers):
    """What of the server: everybody with a role is a user or a reader of it, or an admin."""
    outcome = {"user": users, "reader": readers, "admin": "OK", None: "UNAUTHENTICATED"}
    return {(person, "SERVER"): outcome[role] for person, (_, role) in PEOPLE.items()}


LOOK_AT_SERVER = _server("OK", "OK")
MAKE_ON_SERVER = _server("OK", "PERMISSION_DENIED")
OPERATE_SERVER = _server("PERMISSION_DENIED", "PERMISSION_DENIED")


def _private(table):
    return {cell: outcome for cell, outcome in table.items() if cell[1] == "PRIVATE"}


# Every RPC, some in more than one way; (RPC, way): (kind of thing, table). An RPC without a row fails the trial.
ROWS = {
    ("ModelService.CreateModel", ""): ("full_upload", _private(MAKE_FROM)),
    ("ModelService.CreateModel", "validate_only"): ("full_upload", _private(MAKE_FROM)),
    ("ModelService.GetModel", ""): ("model", READ),
    ("ModelService.ListModels", ""): ("model", LIST),
    ("ModelService.ListModels", "sha256"): ("model", LIST),
    ("ModelService.DownloadModel", ""): ("model", READ),
    ("ModelService.ShareModel", ""): ("model", CHANGE),
    ("ModelService.DeleteModel", ""): ("unused_model", CHANGE),
    ("DatasetService.CreateDataset", "files"): ("full_upload", _private(MAKE_FROM)),
    ("DatasetService.CreateDataset", "pairs"): ("dataset", MAKE_FROM),
    ("DatasetService.GetDataset", ""): ("dataset", READ),
    ("DatasetService.ListDatasets", ""): ("dataset", LIST),
    ("DatasetService.DownloadDataset", ""): ("dataset", READ),
    ("DatasetService.ShareDataset", ""): ("dataset", CHANGE),
    ("DatasetService.DeleteDataset", ""): ("unused_dataset", CHANGE),
    ("UploadService.CreateUpload", ""): ("server", MAKE_ON_SERVER),
    ("UploadService.GetUpload", ""): ("upload", _private(READ)),
    ("UploadService.WriteUpload", ""): ("upload", _private(CHANGE)),
    ("UploadService.DeleteUpload", ""): ("upload", _private(CHANGE)),
    ("JobService.CreateJob", "score"): ("model", MAKE_FROM),
    ("JobService.CreateJob", "inspect"): ("model", MAKE_FROM),
    ("JobService.CreateJob", "validate_only"): ("model", MAKE_FROM),
    ("JobService.GetJob", ""): ("job", READ),
    ("JobService.ListJobs", ""): ("job", LIST),
    ("JobService.ListJobs", "labels"): ("job", LIST),
    ("JobService.ListQueue", ""): ("queued_job", LIST),
    ("JobService.CancelJob", ""): ("queued_job", CHANGE),
    ("JobService.CancelJob", "force"): ("queued_job", CHANGE),
    ("JobService.DeleteJob", ""): ("ended_job", CHANGE),
    ("JobService.ShareJob", ""): ("job", CHANGE),
    ("JobService.WatchJob", ""): ("job", READ),
    ("JobService.WatchJob", "queued"): ("queued_job", READ),
    ("JobService.ListArtifacts", ""): ("job_with_artifact", READ),
    ("JobService.DownloadArtifact", ""): ("job_with_artifact", READ),
    ("JobService.ComparePartitions", "first"): ("job_with_artifact", READ),
    ("JobService.ComparePartitions", "second"): ("job_with_artifact", READ),
    ("JobService.AdjustPValues", ""): ("job", READ),
    ("JobService.CreateJob", "compose"): ("model", MAKE_FROM),
    ("JobService.CompareScores", "jobs"): ("job", READ),
    ("JobService.CompareScores", "experiment"): ("done_experiment", READ),
    ("ExperimentService.CreateExperiment", ""): ("model", MAKE_FROM),
    ("ExperimentService.CreateExperiment", "validate_only"): ("model", MAKE_FROM),
    ("ExperimentService.GetExperiment", ""): ("done_experiment", READ),
    ("ExperimentService.ListExperiments", ""): ("done_experiment", LIST),
    ("ExperimentService.ShareExperiment", ""): ("done_experiment", CHANGE),
    ("ExperimentService.CancelExperiment", ""): ("queued_experiment", CHANGE),
    ("ExperimentService.ResumeExperiment", ""): ("ended_experiment", CHANGE),
    ("ExperimentService.DeleteExperiment", ""): ("ended_experiment", CHANGE),
    ("ServerService.GetServer", ""): ("server", LOOK_AT_SERVER),
    ("ServerService.DrainServer", ""): ("server", OPERATE_SERVER),
    ("ServerService.UndrainServer", ""): ("server", OPERATE_SERVER),
    # Last: an admin's ends the server.
    ("ServerService.StopServer", ""): ("server", OPERATE_SERVER),
}
