export { RegistryListPage } from './pages/RegistryListPage.tsx'
export { RegistryPage } from './pages/RegistryPage.tsx'
