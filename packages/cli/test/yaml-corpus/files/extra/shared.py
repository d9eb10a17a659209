print('shared')
