export { MonitorListPage } from './pages/MonitorListPage.tsx'
export { MonitorPage } from './pages/MonitorPage.tsx'
