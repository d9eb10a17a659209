export { PipelineListPage } from './pages/PipelineListPage.tsx'
