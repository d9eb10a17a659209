export { DataListPage, DataVersionsPage } from './pages/DataListPages.tsx'
export { DataVersionPage } from './pages/DataVersionPage.tsx'
