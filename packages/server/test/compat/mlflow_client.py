"""Uses a workspace through the stock MLflow client, as a data scientist does. Prints the checks it passed as JSON."""

import json
import tempfile

import mlflow
import numpy as np
from mlflow import MlflowClient
from sklearn.linear_model import LogisticRegression

passed = []


def check(name, condition):
    assert condition, name
    passed.append(name)


class Doubler(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input: list[float]) -> list[float]:
        return [2 * value for value in model_input]


client = MlflowClient()
experiment = mlflow.set_experiment("churn")
check("set_experiment finds what it made", mlflow.set_experiment("churn").experiment_id == experiment.experiment_id)

with mlflow.start_run(run_name="parent") as parent:
    mlflow.log_param("depth", 3)
    mlflow.log_params({"a": "1", "learning rate": 0.1})
    mlflow.log_metrics({"auc": 0.8, "test r2": 0.5})
    for step in range(5):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)
    mlflow.log_metric("broken", float("nan"))
    mlflow.log_metric("endless", float("inf"))
    mlflow.set_tag("team", "a")
    mlflow.log_text("hello", "notes/hello.txt")
    mlflow.log_dict({"a": 1}, "config.json")
    dataset = mlflow.data.from_numpy(np.arange(4.0), name="numbers")
    mlflow.log_input(dataset, context="training")
    with mlflow.start_run(run_name="child", nested=True) as child:
        mlflow.log_metric("auc", 0.9)

run = client.get_run(parent.info.run_id)
check("params", run.data.params == {"depth": "3", "a": "1", "learning rate": "0.1"})
check("metrics", run.data.metrics["auc"] == 0.8 and run.data.metrics["test r2"] == 0.5 and run.data.metrics["loss"] == 0.2)
check("NaN", np.isnan(run.data.metrics["broken"]))
check("infinity", run.data.metrics["endless"] == float("inf"))
check("tags", run.data.tags["team"] == "a" and run.data.tags["mlflow.runName"] == "parent")
check("status", run.info.status == "FINISHED" and run.info.end_time >= run.info.start_time)
check("dataset", run.inputs.dataset_inputs[0].dataset.name == "numbers")
check("history", [point.value for point in client.get_metric_history(run.info.run_id, "loss")] == [1 / (n + 1) for n in range(5)])
check("artifacts", sorted(file.path for file in client.list_artifacts(run.info.run_id)) == ["config.json", "notes"])
with tempfile.TemporaryDirectory() as directory:
    check("download", open(client.download_artifacts(run.info.run_id, "notes/hello.txt", directory)).read() == "hello")
check("nested", client.get_run(child.info.run_id).data.tags["mlflow.parentRunId"] == parent.info.run_id)
found = mlflow.search_runs(experiment_names=["churn"], filter_string="metrics.auc > 0.85", output_format="list")
check("search_runs", [item.info.run_id for item in found] == [child.info.run_id])
ordered = mlflow.search_runs(experiment_names=["churn"], order_by=["metrics.auc ASC"], output_format="list")
check("order", [item.info.run_id for item in ordered] == [parent.info.run_id, child.info.run_id])
try:
    client.log_param(run.info.run_id, "depth", 4)
    check("params do not change", False)
except mlflow.MlflowException as error:
    check("params do not change", "Changing param values is not allowed" in str(error))

features = np.array([[0.0], [1.0], [2.0], [3.0]])
labels = np.array([0, 0, 1, 1])
with mlflow.start_run(run_name="training") as training:
    mlflow.log_metric("auc", 1.0)
    classifier = LogisticRegression().fit(features, labels)
    logged = mlflow.sklearn.log_model(
        classifier, name="model", input_example=features[:2], serialization_format="cloudpickle"
    )
    custom = mlflow.pyfunc.log_model(name="doubler", python_model=Doubler(), input_example=[1.0])
check("load by model id", list(mlflow.sklearn.load_model(logged.model_uri).predict(features)) == [0, 0, 1, 1])
check("load by run", list(mlflow.sklearn.load_model(f"runs:/{training.info.run_id}/model").predict(features)) == [0, 0, 1, 1])
check("pyfunc", list(mlflow.pyfunc.load_model(custom.model_uri).predict([1.0, 2.0])) == [2.0, 4.0])
check("search_logged_models", {model.name for model in mlflow.search_logged_models(experiment_ids=[experiment.experiment_id], output_format="list")} == {"model", "doubler"})

version = mlflow.register_model(logged.model_uri, "churn-model", tags={"stage": "candidate"})
check("register_model", version.version in (1, "1") and version.status == "READY")
second = mlflow.register_model(f"runs:/{training.info.run_id}/model", "churn-model")
check("second version", str(second.version) == "2")
client.set_registered_model_alias("churn-model", "champion", "1")
check("alias", str(client.get_model_version_by_alias("churn-model", "champion").version) == "1")
for uri in ("models:/churn-model/1", "models:/churn-model@champion", "models:/churn-model/latest"):
    check(f"load {uri}", list(mlflow.sklearn.load_model(uri).predict(features)) == [0, 0, 1, 1])
client.set_model_version_tag("churn-model", "1", "checked", "yes")
client.update_model_version("churn-model", "1", description="The first")
first = client.get_model_version("churn-model", "1")
check("version", first.tags == {"stage": "candidate", "checked": "yes"} and first.description == "The first" and first.run_id == training.info.run_id)
check("search_model_versions", [str(item.version) for item in client.search_model_versions("name='churn-model'", order_by=["version_number DESC"])] == ["2", "1"])
check("search_registered_models", [item.name for item in client.search_registered_models("name LIKE 'churn%'")] == ["churn-model"])
check("the model's aliases", client.get_registered_model("churn-model").aliases == {"champion": "1"})
client.transition_model_version_stage("churn-model", "1", "Production")
check("stage", client.get_model_version("churn-model", "1").current_stage == "Production")
copied = client.copy_model_version("models:/churn-model/1", "churn-copy")
check("copy_model_version", list(mlflow.sklearn.load_model("models:/churn-copy/1").predict(features)) == [0, 0, 1, 1])
client.delete_registered_model_alias("churn-model", "champion")
client.delete_model_version("churn-model", "2")
check("deleted version", [str(item.version) for item in client.search_model_versions("name='churn-model'")] == ["1"])

mlflow.genai.register_prompt(name="greeting", template="Hello {{name}}")
check("load_prompt", mlflow.genai.load_prompt("prompts:/greeting/1").template == "Hello {{name}}")
check("prompts are not models", "greeting" not in {item.name for item in client.search_registered_models()})

client.delete_run(child.info.run_id)
check("deleted run", len(mlflow.search_runs(experiment_names=["churn"], filter_string="metrics.auc = 0.9", output_format="list")) == 0)
client.restore_run(child.info.run_id)
check("restored run", client.get_run(child.info.run_id).info.lifecycle_stage == "active")
print(json.dumps({"passed": passed, "mlflow": mlflow.__version__}))
