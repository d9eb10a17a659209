"""Records what the Azure ML Python SDK sends for YAML files.

Usage: python record_sdk.py OUTPUT < MANIFEST

The manifest holds one JSON object a line: {"family", "file", "set"?, "overrides"?}. Each file is loaded by the SDK's own `load_*`
function and handed to the SDK's own operation. Below the SDK, `requests` is answered from memory by a small service, which also
keeps every body. OUTPUT gets one JSON object a line: {"file", "family", "path", "body", "puts", "uploads"} or {"file", "error"}.

`uploads` maps the URL prefix of an upload to its files: {prefix: {relative name: sha256}}; `puts` maps the path of each other
asset that was written (code, anonymous environment, component, model) to its body.
"""

import base64
import contextlib
import hashlib
import io
import json
import logging
import os
import re
import sys
import urllib.parse
import warnings

warnings.filterwarnings("ignore")
os.environ["AZURE_CORE_COLLECT_TELEMETRY"] = "no"
os.environ["AZUREML_DISABLE_TELEMETRY"] = "1"

import requests  # noqa: E402

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
WORKSPACE = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
)
BLOB_HOST = "store.blob.core.windows.net"
NEWEST = "7"
NEXT = "8"


class MainRequest(BaseException):
    """Ends an operation at the request under test; no `except Exception` of the SDK stops it."""

    def __init__(self, method, path, body):
        super().__init__(path)
        self.method = method
        self.path = path
        self.body = body


class Service:
    """Answers every request from memory and keeps what was written."""

    def __init__(self):
        self.reset(None)

    def reset(self, main_pattern):
        self.main_pattern = main_pattern
        self.puts = {}
        self.blobs = {}
        self.blocks = {}

    def answer(self, request):
        url = urllib.parse.urlsplit(request.url)
        path = urllib.parse.unquote(url.path)
        query = urllib.parse.parse_qs(url.query, keep_blank_values=True)
        if url.netloc == BLOB_HOST:
            return self.blob(request, path, query)
        if "discovery" in path and "/registrymanagement/" in path:
            name = path.split("/registries/")[1].split("/")[0]
            return self.json(self.registry_discovery(name))
        if request.method in ("PUT", "PATCH"):
            return self.put(request, path)
        if request.method == "POST":
            return self.post(request, path)
        if request.method == "GET":
            return self.get(path)
        return 404, {}, b"{}"

    def json(self, value, status=200):
        return status, {"Content-Type": "application/json"}, json.dumps(value).encode()

    def missing(self):
        return self.json({"error": {"code": "ResourceNotFound", "message": "not there"}}, 404)

    def put(self, request, path):
        body = request.body
        if hasattr(body, "read"):
            body = body.read()
        body = json.loads(body) if body else {}
        if self.main_pattern and re.search(self.main_pattern, path, re.IGNORECASE):
            if not re.search(r"/(azureml_anonymous|CliV2Anonymous\w*)/", path):
                raise MainRequest(request.method, path, body)
        self.puts[path] = body
        answer = {"id": path, "name": path.rsplit("/", 1)[1], "type": "x", **body}
        answer["systemData"] = {"createdAt": "2026-01-31T08:00:00Z", "lastModifiedAt": "2026-01-31T08:00:00Z"}
        defaults = {"flavors": {}, "tags": {}, "properties": {}}
        answer["properties"] = {**defaults, **answer.get("properties", {}), "provisioningState": "Succeeded"}
        return self.json(answer, 201 if request.method == "PUT" else 200)

    def post(self, request, path):
        lowered = path.lower()
        if lowered.endswith("/listsecrets"):
            return self.json({"secretsType": "Sas", "sasToken": "sv=2021-12-02&sig=x"})
        if lowered.endswith("/startpendingupload"):
            uri = f"https://{BLOB_HOST}/c-{hashlib.md5(path.encode()).hexdigest()}"
            return self.json(
                {
                    "pendingUploadId": "1",
                    "pendingUploadType": "TemporaryBlobReference",
                    "blobReferenceForConsumption": {
                        "blobUri": uri,
                        "storageAccountArmId": "/x",
                        "credential": {"credentialType": "SAS", "sasUri": f"{uri}?sv=2021-12-02&sig=x"},
                    },
                }
            )
        return self.json({})

    def get(self, path):
        lowered = path.lower()
        if path in self.puts:
            body = self.puts[path]
            return self.json({"id": path, "name": path.rsplit("/", 1)[1], "type": "x", **body})
        if re.search(r"/workspaces/[^/]+$", lowered):
            return self.json(self.workspace(path))
        match = re.search(r"/registries/([^/]+)$", path, re.IGNORECASE)
        if match:
            return self.json({"id": path, "name": match[1], "location": "local", "properties": {}})
        if re.search(r"/datastores/[^/]+$", lowered):
            return self.json(self.datastore(path))
        match = re.search(r"/computes/([^/]+)$", path, re.IGNORECASE)
        if match:
            return self.json(self.compute(path, match[1]))
        match = re.search(r"/(data|models|environments|components|codes)/([^/]+)/versions$", path, re.IGNORECASE)
        if match:
            if match[1].lower() == "codes":
                return self.json({"value": []})
            return self.json({"value": [self.version(f"{path}/{NEWEST}", match[1].lower(), NEWEST)]})
        match = re.search(r"/(data|models|environments|components|codes)/([^/]+)$", path, re.IGNORECASE)
        if match:
            return self.json(
                {
                    "id": path,
                    "name": match[2],
                    "properties": {"latestVersion": NEWEST, "nextVersion": NEXT, "dataType": "uri_folder"},
                }
            )
        match = re.search(r"/(onlineEndpoints|batchEndpoints)/([^/]+)$", path, re.IGNORECASE)
        if match:
            properties = {"authMode": "Key", "provisioningState": "Succeeded"}
            return self.json({"id": path, "name": match[2], "location": "local", "tags": {}, "properties": properties})
        match = re.search(r"/onlineEndpoints/([^/]+)/deployments/([^/]+)$", path, re.IGNORECASE)
        if match and not self.writes(path):
            return self.json(self.deployment(path, match[2]))
        match = re.search(r"/(data|models|environments|components)/([^/]+)/(versions|labels)/([^/]+)$", path, re.IGNORECASE)
        if match and not self.writes(path):
            return self.json(self.version(path, match[1].lower(), match[4]))
        return self.missing()

    def writes(self, path):
        """True for what the operation under test is about to write; everything else that is asked for exists."""
        anonymous = re.search(r"/(azureml_anonymous|CliV2Anonymous\w*)/|/models/[0-9a-f-]{32,36}/", path)
        return bool(anonymous) or re.search(self.main_pattern, path, re.IGNORECASE) is not None

    def version(self, path, kind, name):
        properties = {
            "data": {"dataType": "uri_folder", "dataUri": "azureml://datastores/workspaceblobstore/paths/x/"},
            "models": {"modelType": "custom_model", "modelUri": "azureml://datastores/workspaceblobstore/paths/x", "flavors": {}},
            "environments": {"image": "python:3.11", "environmentType": "UserCreated"},
            "components": {
                "componentSpec": {
                    "name": path.split("/components/")[-1].split("/")[0],
                    "version": name,
                    "type": "command",
                    "command": "true",
                    "environment": "azureml:x:1",
                    "inputs": {},
                    "outputs": {},
                }
            },
            "codes": {"codeUri": f"https://{BLOB_HOST}/c/x"},
        }[kind]
        time = "2026-01-31T08:00:00Z"
        return {
            "id": path,
            "name": name,
            "systemData": {"createdAt": time, "lastModifiedAt": time, "createdBy": "a", "lastModifiedBy": "a"},
            "properties": {**properties, "isAnonymous": False, "isArchived": False, "tags": {}, "properties": {}},
        }

    def deployment(self, path, name):
        properties = {
            "endpointComputeType": "Managed",
            "provisioningState": "Succeeded",
            "scaleSettings": {"scaleType": "Default"},
            "model": f"{WORKSPACE}/models/m/versions/1",
            "environmentVariables": {},
            "properties": {},
            "dataCollector": {
                "collections": {
                    kind: {"dataCollectionMode": "Enabled", "dataId": f"{WORKSPACE}/data/e-d-{kind}/versions/1"}
                    for kind in ("model_inputs", "model_outputs")
                }
            },
        }
        sku = {"name": "Default", "capacity": 1}
        return {"id": path, "name": name, "location": "local", "tags": {}, "sku": sku, "properties": properties}

    def workspace(self, path):
        return {
            "id": WORKSPACE,
            "name": "w",
            "location": "local",
            "tags": {},
            "identity": {"type": "SystemAssigned"},
            "properties": {
                "workspaceId": "7b0c0000-0000-0000-0000-000000000000",
                "friendlyName": "w",
                "discoveryUrl": "https://local.example/discovery",
                "mlFlowTrackingUri": "https://local.example/mlflow",
                "storageAccount": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/store",
                "provisioningState": "Succeeded",
                "tenantId": "00000000-0000-0000-0000-000000000002",
            },
        }

    def registry_discovery(self, name):
        return {
            "registryName": name,
            "primaryRegion": "local",
            "regions": ["local"],
            "primaryRegionResourceProviderUri": "https://local.example/",
            "subscriptionId": SUBSCRIPTION,
            "resourceGroup": "g",
            "tenantId": "t",
            "registryFqdns": {"local": {}},
        }

    def datastore(self, path):
        return {
            "id": path,
            "name": path.rsplit("/", 1)[1],
            "properties": {
                "datastoreType": "AzureBlob",
                "accountName": "store",
                "containerName": "c",
                "endpoint": "core.windows.net",
                "protocol": "https",
                "isDefault": True,
                "credentials": {"credentialsType": "Sas", "secrets": {"secretsType": "Sas"}},
                "tags": {},
                "properties": {},
            },
        }

    def compute(self, path, name):
        return {
            "id": path,
            "name": name,
            "location": "local",
            "tags": {},
            "properties": {
                "computeType": "AmlCompute",
                "provisioningState": "Succeeded",
                "properties": {"vmSize": "small", "scaleSettings": {"minNodeCount": 0, "maxNodeCount": 4}},
            },
        }

    def blob(self, request, path, query):
        if request.method == "PUT":
            body = request.body or b""
            if hasattr(body, "read"):
                body = body.read()
            if isinstance(body, str):
                body = body.encode()
            comp = query.get("comp", [""])[0]
            if comp == "block":
                self.blocks.setdefault(path, {})[query["blockid"][0]] = bytes(body)
            elif comp == "blocklist":
                names = re.findall(rb"<Latest>([^<]*)</Latest>", bytes(body))
                self.blobs[path] = b"".join(self.blocks[path][name.decode()] for name in names)
            elif comp != "metadata":
                self.blobs[path] = bytes(body)
            return 200 if comp == "metadata" else 201, {"ETag": '"1"', "Last-Modified": "Sat, 31 Jan 2026 08:00:00 GMT"}, b""
        if query.get("comp") == ["list"]:
            return 200, {"Content-Type": "application/xml"}, b'<?xml version="1.0"?><EnumerationResults><Blobs/></EnumerationResults>'
        return 404, {"x-ms-error-code": "BlobNotFound"}, b""


SERVICE = Service()


def send(_adapter, request, **_keywords):
    status, headers, body = SERVICE.answer(request)
    response = requests.Response()
    response.status_code = status
    response.headers.update(headers)
    response.headers["Content-Length"] = str(len(body))
    raw = io.BytesIO(body)
    response.raw = RawBody(raw, status, dict(response.headers))
    response.request = request
    response.url = request.url
    response.reason = "x"
    return response


class RawBody:
    """The part of a urllib3 response that azure-core reads."""

    def __init__(self, stream, status, headers):
        self.stream_ = stream
        self.status = status
        self.headers = headers
        self.version = 11
        self.reason = "x"
        self._connection = None

    def read(self, *arguments, **_keywords):
        return self.stream_.read(*[value for value in arguments if value is not None])

    def stream(self, amount=65536, **_keywords):
        while True:
            data = self.stream_.read(amount)
            if not data:
                return
            yield data

    def close(self):
        self.stream_.close()

    def release_conn(self):
        pass

    enforce_content_length = False


requests.adapters.HTTPAdapter.send = send

import azure.ai.ml as ml  # noqa: E402
from azure.ai.ml import MLClient  # noqa: E402
from azure.core.credentials import AccessToken  # noqa: E402
from azure.ai.ml.entities import _load_functions  # noqa: E402


def part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


# Unsigned; newer versions read audience, tenant and object id from it.
TOKEN = ".".join([part({"alg": "none", "typ": "JWT"}), part({"aud": "https://ml.azure.com", "tid": "t", "oid": "o"}), part({})])


class Credential:
    def get_token(self, *_scopes, **_keywords):
        return AccessToken(TOKEN, 4102444800)

    def signed_session(self, *_arguments, **_keywords):
        return None


def client():
    return MLClient(Credential(), SUBSCRIPTION, "g", "w", enable_telemetry=False)


def begin(group):
    return lambda c, entity: getattr(c, group).begin_create_or_update(entity)


def create(group):
    return lambda c, entity: getattr(c, group).create_or_update(entity)


def loader(name):
    found = getattr(ml, name, None) or getattr(_load_functions, name, None)
    if found is None:
        raise NotImplementedError(f"this SDK has no {name}")
    return found


def load_connection(source, **keywords):
    found = getattr(ml, "load_connection", None) or loader("load_workspace_connection")
    return found(source, **keywords)


def load_batch(source, **keywords):
    """Newer versions have a function for each type of batch deployment; the older dialect has one."""
    with open(source, encoding="utf-8") as file:
        text = file.read()
    if re.search(r"^(component|job_definition):", text, re.MULTILINE):
        return loader("load_pipeline_component_batch_deployment")(source, **keywords)
    if re.search(r"^settings:", text, re.MULTILINE):
        return loader("load_model_batch_deployment")(source, **keywords)
    return ml.load_batch_deployment(source, **keywords)


FAMILIES = {
    "job": ("load_job", create("jobs"), r"/jobs/[^/]+$"),
    "component": ("load_component", create("components"), r"/components/[^/]+/versions/[^/]+$"),
    "data": ("load_data", create("data"), r"/data/[^/]+/versions/[^/]+$"),
    "model": ("load_model", create("models"), r"/models/[^/]+/versions/[^/]+$"),
    "environment": ("load_environment", create("environments"), r"/environments/[^/]+/versions/[^/]+$"),
    "online-endpoint": ("load_online_endpoint", begin("online_endpoints"), r"/onlineEndpoints/[^/]+$"),
    "online-deployment": ("load_online_deployment", begin("online_deployments"), r"/onlineEndpoints/[^/]+/deployments/[^/]+$"),
    "batch-endpoint": ("load_batch_endpoint", begin("batch_endpoints"), r"/batchEndpoints/[^/]+$"),
    "batch-deployment": ("load_batch_deployment", begin("batch_deployments"), r"/batchEndpoints/[^/]+/deployments/[^/]+$"),
    "schedule": ("load_schedule", begin("schedules"), r"/schedules/[^/]+$"),
    "compute": ("load_compute", begin("compute"), r"/computes/[^/]+$"),
    "datastore": ("load_datastore", create("datastores"), r"/datastores/[^/]+$"),
    "connection": ("load_connection", create("connections"), r"/connections/[^/]+$"),
    "registry": ("load_registry", lambda c, e: c.registries.begin_create(e), r"/registries/[^/]+$"),
    "workspace": ("load_workspace", lambda c, e: c.workspaces.begin_create(e), r"/workspaces/[^/]+$|/Microsoft.Resources/deployments/"),
    "feature-set": ("load_feature_set", begin("feature_sets"), r"/featuresets/[^/]+/versions/[^/]+$"),
    "feature-store-entity": ("load_feature_store_entity", begin("feature_store_entities"), r"/featurestoreEntities/[^/]+/versions/[^/]+$"),
    "feature-store": ("load_feature_store", begin("feature_stores"), r"/workspaces/[^/]+$"),
}


def uploads():
    found = {}
    for path, content in SERVICE.blobs.items():
        found[path] = hashlib.sha256(content).hexdigest()
    return found


def record(entry):
    function, operation, pattern = FAMILIES[entry["family"]]
    file = entry["file"]
    SERVICE.reset(pattern)
    os.chdir(os.path.dirname(os.path.abspath(file)))
    try:
        special = {"load_connection": load_connection, "load_batch_deployment": load_batch}
        load = special.get(function) or loader(function)
        overrides = [{key: value} for key, value in entry.get("overrides", {}).items()]
        entity = load(file, **({"params_override": overrides} if overrides else {}))
    except (Exception, SystemExit) as error:  # noqa: BLE001
        return {"file": file, "family": entry["family"], "stage": "load", "error": f"{type(error).__name__}: {error}"[:1000]}
    try:
        operation(client(), entity)
    except MainRequest as main:
        return {
            "file": file,
            "family": entry["family"],
            "method": main.method,
            "path": main.path,
            "body": main.body,
            "puts": SERVICE.puts,
            "uploads": uploads(),
        }
    except Exception as error:  # noqa: BLE001
        return {"file": file, "family": entry["family"], "stage": "send", "error": f"{type(error).__name__}: {error}"[:1000]}
    return {"file": file, "family": entry["family"], "stage": "send", "error": "nothing was sent"}


def main():
    logging.disable(logging.CRITICAL)
    entries = [json.loads(line) for line in sys.stdin if line.strip()]
    with open(sys.argv[1], "w", encoding="utf-8") as output:
        for entry in entries:
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
                result = record(entry)
            output.write(json.dumps(result) + "\n")
            output.flush()


main()
