export { ComputePage } from './pages/ComputePage.tsx'
export { QueuePage } from './pages/QueuePage.tsx'
