export { ScheduleListPage } from './pages/ScheduleListPage.tsx'
export { SchedulePage } from './pages/SchedulePage.tsx'
