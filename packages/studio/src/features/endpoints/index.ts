export { BatchEndpointListPage } from './pages/BatchEndpointListPage.tsx'
export { BatchEndpointPage } from './pages/BatchEndpointPage.tsx'
export { EndpointListPage } from './pages/EndpointListPage.tsx'
export { EndpointPage } from './pages/EndpointPage.tsx'
