export { ResourceListPage } from './pages/ResourceListPage.tsx'
