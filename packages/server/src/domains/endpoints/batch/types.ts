export const batchEndpointType = 'Microsoft.MachineLearningServices/workspaces/batchEndpoints'
export const batchDeploymentType = `${batchEndpointType}/deployments`
