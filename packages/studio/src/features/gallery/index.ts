export { GalleryPage } from './pages/GalleryPage.tsx'
