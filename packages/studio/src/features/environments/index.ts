export { EnvironmentListPage, EnvironmentVersionsPage } from './pages/EnvironmentListPages.tsx'
export { EnvironmentVersionPage } from './pages/EnvironmentVersionPage.tsx'
