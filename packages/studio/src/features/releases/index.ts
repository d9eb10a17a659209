export { ReleaseListPage } from './pages/ReleaseListPage.tsx'
export { ReleasePage } from './pages/ReleasePage.tsx'
