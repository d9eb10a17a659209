export { AccessPage } from './pages/AccessPage.tsx'
