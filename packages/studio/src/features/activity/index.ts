export { ActivityPage } from './pages/ActivityPage.tsx'
