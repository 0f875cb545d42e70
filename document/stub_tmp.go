package document
func PDF(d Document) ([]byte, error) {return nil,nil}
func DOCX(d Document) ([]byte, error) {return nil,nil}
