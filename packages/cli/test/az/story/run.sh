#!/bin/bash
# A whole project with az alone, as people write such scripts: defaults, tsv into variables, [[ ]] on states.
set -euo pipefail

az group create --name rg-story --location local --output none
az configure --defaults group=rg-story location=local
az ml workspace create -n story --only-show-errors -o none
az configure --defaults workspace=story
[[ $(az ml workspace list -g rg-story --query "[].name" -o tsv) == story ]]

az ml compute create -n cluster --type AmlCompute --size small --min-instances 0 --max-instances 2 -o none
[[ $(az ml compute show -n cluster --query "[type, max_instances]" -o tsv | paste -sd,) == amlcompute,2 ]]
az ml compute update --name cluster --max-instances 3 -o none
[[ $(az ml compute show -n cluster --query max_instances) == 3 ]]

az ml environment create --file environment.yml --query name -o tsv
DATA=$(az ml data create --file data.yml --set description="numbers to add" --query "join(':', [name, version])" -o tsv)
[[ $DATA == numbers:1 ]]
az ml component create -f component.yml --version 3 --query version -o tsv

JOB=$(az ml job create --f job.yml --set inputs.times=2 --query name -o tsv)
az ml job stream --name "$JOB"
[[ $(az ml job show -n "$JOB" --query status -o tsv) == Completed ]]
az ml job download -n "$JOB" --output-name sum --download-path downloaded 2>/dev/null
[[ $(cat downloaded/named-outputs/sum/sum.txt) == 12 ]]
az ml job download -n "$JOB" --download-path downloaded 2>/dev/null
grep -q "sum is 12" downloaded/artifacts/user_logs/std_log.txt

PIPELINE=$(az ml job create -f pipeline.yml --web --query name -o tsv 2>web.txt)
grep -q "/jobs/$PIPELINE" web.txt
az ml job stream -n "$PIPELINE" > /dev/null
[[ $(az ml job list --parent-job-name "$PIPELINE" --query "length(@)") == 1 ]]
az ml job archive -n "$JOB"
[[ $(az ml job list --query "[].name" -o tsv) == "$PIPELINE" ]]
az ml job restore -n "$JOB"

if az ml job create -f failing.yml --stream > failed.txt 2>&1; then exit 9; fi
grep -q "ERROR: Exception" failed.txt

az ml model create -n adder --path model --type custom_model -o none
az ml online-endpoint create -n story-adder --auth-mode key -o none
az ml online-deployment create --endpoint story-adder -n blue -f deployment.yml --all-traffic -o none
STATE=$(az ml online-deployment show -n blue -e story-adder --query provisioning_state -o tsv)
if [[ $STATE != "Succeeded" ]]; then echo "deployment: $STATE"; exit 8; fi
[[ $(az ml online-endpoint show -n story-adder --query traffic -o json | tr -d ' \n') == '{"blue":100}' ]]
[[ $(az ml online-endpoint invoke -n story-adder --request-file request.json -o tsv) == '{"total": 106}' ]]

URI=$(az ml online-endpoint show -n story-adder --query scoring_uri -o tsv)
KEY=$(az ml online-endpoint get-credentials -n story-adder --query primaryKey -o tsv)
[[ $(curl -sS "$URI" -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" -d @request.json) == '{"total": 106}' ]]
az ml online-deployment get-logs -e story-adder -n blue --lines 20 -o tsv | grep -q "offset 100"
az ml online-deployment update -e story-adder -n blue --set environment_variables.OFFSET=200 -o none
[[ $(az ml online-endpoint invoke -n story-adder -r request.json -d blue -o tsv) == '{"total": 206}' ]]
az ml online-endpoint update -n story-adder --set tags.stage=done --traffic "blue=0" -o none
[[ $(az ml online-endpoint show -n story-adder --query "{t:tags.stage, s:traffic.blue}" -o tsv) == $'done\t0' ]]

az ml schedule create -f schedule.yml -o none
az ml schedule disable -n nightly
[[ $(az ml schedule list --query "length(@)") == 0 && $(az ml schedule list --include-disabled --query "[].name" -o tsv) == nightly ]]
az ml schedule delete -n nightly

az ml online-endpoint delete -n story-adder --yes
az ml online-endpoint show -n story-adder 2>/dev/null && exit 7 || [[ $? == 3 ]]
az ml compute delete -n cluster --yes
echo "the story is told"
