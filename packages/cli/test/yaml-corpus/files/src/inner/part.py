print('part')
