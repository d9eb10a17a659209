export { ModelListPage, ModelVersionsPage } from './pages/ModelListPages.tsx'
export { ModelVersionPage, RegistryModelPage } from './pages/ModelVersionPage.tsx'
