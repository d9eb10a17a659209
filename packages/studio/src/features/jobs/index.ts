export { JobListPage } from './pages/JobListPage.tsx'
export { JobPage } from './pages/JobPage.tsx'
