export { ComputePage } from './pages/ComputePage.tsx'
