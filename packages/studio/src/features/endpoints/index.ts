export { EndpointListPage } from './pages/EndpointListPage.tsx'
export { EndpointPage } from './pages/EndpointPage.tsx'
